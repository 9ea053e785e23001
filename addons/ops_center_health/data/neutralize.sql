-- a copy must not probe what only the original watches, nor hold what it logs in with
UPDATE ops_health_check
   SET state = 'paused',
       pg_password_cipher = NULL,
       pg_password_hint = NULL,
       auth_secret_cipher = NULL,
       auth_secret_hint = NULL,
       client_key_cipher = NULL,
       client_key_hint = NULL,
       odoo_api_key_cipher = NULL,
       odoo_api_key_hint = NULL,
       agent_secret_cipher = NULL,
       agent_secret_hint = NULL,
       agent_token = NULL
 WHERE kind != 'self';

-- a copy must not tell people outside how the original does
UPDATE ops_status_page
   SET published = false;
UPDATE ops_health_check
   SET badge_token = NULL;

-- a sentinel of the original must not page about a copy
DELETE FROM ir_config_parameter
 WHERE key = 'ops_center_health.sentinel_token';

-- a copy must not tell that the original is alive, nor pass for it
UPDATE res_company
   SET ops_metrics_digest = NULL,
       ops_dead_man_url_cipher = NULL,
       ops_dead_man_url_hint = NULL;
