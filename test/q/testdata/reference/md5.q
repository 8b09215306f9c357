q)md5 ""
0xd41d8cd98f00b204e9800998ecf8427e
q)md5 "abc"
0x900150983cd24fb0d6963f7d28e17f72
q)md5 1
'type
q)md5`a
'type
q)string md5 "abc"
"90"
"01"
"50"
"98"
"3c"
"d2"
"4f"
"b0"
"d6"
"96"
"3f"
"7d"
"28"
"e1"
"7f"
"72"
