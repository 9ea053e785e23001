-- a copy must not probe what only the original watches, nor log in there
UPDATE ops_health_check
   SET state = 'paused',
       pg_password_cipher = NULL,
       pg_password_hint = NULL
 WHERE kind != 'self';
