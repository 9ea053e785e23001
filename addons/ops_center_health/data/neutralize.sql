-- a copy must not probe what only the original watches
UPDATE ops_health_check
   SET state = 'paused'
 WHERE kind != 'self';
