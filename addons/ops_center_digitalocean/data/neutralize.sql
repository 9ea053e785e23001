-- a copy must neither see nor change what the original deploys
UPDATE ops_digitalocean_account
   SET token_cipher = NULL,
       token_hint = NULL;
UPDATE ops_environment
   SET provider = 'manual'
 WHERE provider = 'digitalocean';
