q)`QUOIN_TEST_ONE setenv "first"
q)getenv `QUOIN_TEST_ONE
"first"
q)getenv `QUOIN_TEST_NONE
""
q)getenv `QUOIN_TEST_ONE`QUOIN_TEST_NONE
"first"
""
q)getenv "QUOIN_TEST_ONE"
'type
