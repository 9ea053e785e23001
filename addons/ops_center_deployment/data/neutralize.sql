-- a copy must not deploy what the original deploys
UPDATE ops_environment
   SET provider = 'manual',
       deploy_url = NULL,
       deploy_secret_cipher = NULL,
       deploy_secret_hint = NULL
 WHERE provider = 'webhook';
