q)type 1
-7h
q)type 1 2
7h
q)type`a
-11h
q)type "a"
-10h
q)type "ab"
10h
q)type()
0h
q)type(1;`a)
0h
q)type`a`b!1 2
99h
q)type([]a:1 2)
98h
q)type([k:1 2]v:3 4)
99h
q)type{x}
100h
q)type(+)
102h
q)type 1b
-1h
q)type 0x1
-4h
q)type 1h
-5h
q)type 1i
-6h
q)type 1e
-8h
q)type 1f
-9h
q)type 2024.01.01
-14h
q)type 2024.01m
-13h
q)type 12:00
-17h
q)type 12:00:00
-18h
q)type 12:00:00.000
-19h
q)type 0D00
-16h
q)type 2024.01.01D00
-12h
q)type 0Ng
-2h
q)type(1+)
104h
q)type each(1;1 2;`a)
-7 7 -11h
