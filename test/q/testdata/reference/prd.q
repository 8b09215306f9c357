q)prd 3 1 4 1 5
60
q)prd 3 0N 1 0N 5
15
q)prd 0N 0N
1
q)prd 1.5 0n 2.5
3.75
q)prd 0#0
1
q)prd 0#0f
1f
q)prd()
1
q)prd 1011b
0i
q)prd 0x010203
6i
q)prd 1 2 3h
6i
q)prd 1 0N 3i
3i
q)prd 1.5 2.5e
3.75e
q)prd 12:00 13:30
9720:00
q)prd 2024.01.01 2024.01.05
0000.00.00
q)prd 0D01 0D02
3318D02:39:52.576016384
q)prd 2024.01.01D00 2024.01.01D06
2161.12.03D18:17:06.287058944
q)prd 7
7
q)prd 1b
1i
q)prd(1 2;3 4)
3 8
q)prd(1 2;0N 4)
0N 8
q)prd(1;2.5)
2.5
q)prd`a`b`c!1 2 3
6
q)prd`a`b!(1 2;3 4)
3 8
q)prd([]a:1 2 3;b:4 5 6)
a| 6
b| 120
q)prd([k:`x`y]a:1 2)
a| 2
q)prd`a`b
'type
q)prd"hello"
'type
q)prd 0w 1 -0w
-0w
q)prd 0W 1
0W
q)prd 2024.01 2024.03m
8960.01m
q)prd 10:00:00 10:00:30
360300:00:00
q)prds 3 1 4 1 5
3 3 12 12 60
q)prds 3 0N 1 0N 5
3 3 3 3 15
q)prds 0N 0N
1 1
q)prds 1.5 0n 2.5
1.5 1.5 3.75
q)prds 0#0
`long$()
q)prds 0#0f
`float$()
q)prds()
q)prds 1011b
1 0 0 0i
q)prds 0x010203
1 2 6i
q)prds 1 2 3h
1 2 6i
q)prds 1 0N 3i
1 1 3i
q)prds 1.5 2.5e
1.5 3.75e
q)prds 12:00 13:30
12:00 9720:00
q)prds 2024.01.01 2024.01.05
2024.01.01 0000.00.00
q)prds 0D01 0D02
0D01:00:00.000000000 3318D02:39:52.576016384
q)prds 2024.01.01D00 2024.01.01D06
2024.01.01D00:00:00.000000000 2161.12.03D18:17:06.287058944
q)prds 7
7
q)prds 1b
1b
q)prds(1 2;3 4)
1 2
3 8
q)prds(1 2;0N 4)
1 2
  8
q)prds(1;2.5)
1
2.5
q)prds`a`b`c!1 2 3
a| 1
b| 2
c| 6
q)prds`a`b!(1 2;3 4)
a| 1 2
b| 3 8
q)prds([]a:1 2 3;b:4 5 6)
a b  
-----
1 4  
2 20 
6 120
q)prds([k:`x`y]a:1 2)
k| a
-| -
x| 1
y| 2
q)prds`a`b
'type
q)prds"hello"
'type
q)prds 0w 1 -0w
0w 0w -0w
q)prds 0W 1
0W 0W
q)prds 2024.01 2024.03m
2024.01 8960.01m
q)prds 10:00:00 10:00:30
10:00:00 360300:00:00
