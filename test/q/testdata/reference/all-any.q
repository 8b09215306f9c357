q)all 3 1 4 1 5
1b
q)all 3 0N 1 0N 5
1b
q)all 0N 0N
1b
q)all 1.5 0n 2.5
1b
q)all 0#0
1b
q)all 0#0f
1b
q)all()
1b
q)all 1011b
0b
q)all 0x010203
1b
q)all 1 2 3h
1b
q)all 1 0N 3i
1b
q)all 1.5 2.5e
1b
q)all 12:00 13:30
1b
q)all 2024.01.01 2024.01.05
1b
q)all 0D01 0D02
1b
q)all 2024.01.01D00 2024.01.01D06
1b
q)all 7
1b
q)all 1b
1b
q)all(1 2;3 4)
11b
q)all(1 2;0N 4)
11b
q)all(1;2.5)
1b
q)all`a`b`c!1 2 3
1b
q)all`a`b!(1 2;3 4)
11b
q)all([]a:1 2 3;b:4 5 6)
a| 1
b| 1
q)all([k:`x`y]a:1 2)
a| 1
q)all`a`b
'type
q)all"hello"
1b
q)all 0w 1 -0w
1b
q)all 0W 1
1b
q)all 2024.01 2024.03m
1b
q)all 10:00:00 10:00:30
1b
q)any 3 1 4 1 5
1b
q)any 3 0N 1 0N 5
1b
q)any 0N 0N
1b
q)any 1.5 0n 2.5
1b
q)any 0#0
0b
q)any 0#0f
0b
q)any()
0b
q)any 1011b
1b
q)any 0x010203
1b
q)any 1 2 3h
1b
q)any 1 0N 3i
1b
q)any 1.5 2.5e
1b
q)any 12:00 13:30
1b
q)any 2024.01.01 2024.01.05
1b
q)any 0D01 0D02
1b
q)any 2024.01.01D00 2024.01.01D06
1b
q)any 7
1b
q)any 1b
1b
q)any(1 2;3 4)
11b
q)any(1 2;0N 4)
11b
q)any(1;2.5)
1b
q)any`a`b`c!1 2 3
1b
q)any`a`b!(1 2;3 4)
11b
q)any([]a:1 2 3;b:4 5 6)
a| 1
b| 1
q)any([k:`x`y]a:1 2)
a| 1
q)any`a`b
'type
q)any"hello"
1b
q)any 0w 1 -0w
1b
q)any 0W 1
1b
q)any 2024.01 2024.03m
1b
q)any 10:00:00 10:00:30
1b
