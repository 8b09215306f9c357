q)string 42
"42"
q)string 1 2 3
,"1"
,"2"
,"3"
q)string`abc
"abc"
q)string`a`b
,"a"
,"b"
q)string "abc"
,"a"
,"b"
,"c"
q)string 3.14
"3.14"
q)string 1%3
"0.3333333"
q)string 1b
,"1"
q)string 0x0f
"0f"
q)string 2024.01.02
"2024.01.02"
q)string 12:34
"12:34"
q)string 12:34:56.789
"12:34:56.789"
q)string 0D01:02:03
"0D01:02:03.000000000"
q)string 2024.01.02D03:04:05
"2024.01.02D03:04:05.000000000"
q)string 2024.01m
"2024.01"
q)string 0N
""
q)string 0n
""
q)string`
""
q)string(1;`a;"c")
,"1"
,"a"
,"c"
q)string`a`b!1 2
a| ,"1"
b| ,"2"
q)string([]a:1 2)
a   
----
,"1"
,"2"
q)string 1e10
"1e+10"
q)string -5
"-5"
q)string 1e-10
"1e-10"
q)string 0w
"0w"
q)string 0W
"0W"
q)string 5i
,"5"
q)string 5h
,"5"
q)string 2.5e
"2.5"
q)string{x+y}
"{x+y}"
q)string(+)
,"+"
q)string()
q)string 1#0Ng
"00000000-0000-0000-0000-000000000000"
