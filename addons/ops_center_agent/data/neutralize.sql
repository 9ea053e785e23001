-- a copy must not report in the place of the original
UPDATE ops_agent
   SET signing_key = NULL;
