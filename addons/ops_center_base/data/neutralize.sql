-- a copy must not send what the original was about to send, not even once it is bound
DELETE FROM ir_config_parameter
 WHERE key = 'ops_center.binding';
UPDATE ops_operation
   SET state = 'cancelled'
 WHERE state IN ('pending', 'sending', 'retry', 'needs_attention');
UPDATE ops_notification
   SET state = 'cancelled'
 WHERE state IN ('pending', 'sending', 'retry', 'needs_attention');
-- nor tell the original's receivers
UPDATE ops_notification_channel
   SET active = false,
       webhook_url = NULL,
       webhook_secret_cipher = NULL,
       webhook_secret_hint = NULL,
       slack_url_cipher = NULL,
       slack_url_hint = NULL,
       apprise_url_cipher = NULL,
       apprise_url_hint = NULL
 WHERE kind IN ('webhook', 'slack', 'apprise');
