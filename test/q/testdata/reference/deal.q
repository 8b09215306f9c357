q)count 5?10
5
q)type 5?10
7h
q)all(100?10)within 0 9
1b
q)type 3?2.5
9h
q)type 3?`a`b
11h
q)type 3?`4
11h
q)count each string 3?`4
4 4 4
q)type 2?0Ng
2h
q)(asc -5?5)~til 5
1b
q)-6?5
'length
q)(asc 0N?5)~til 5
1b
q)type 3?"abc"
10h
q)type 3?0b
1h
q)type 3?0x0
4h
q)type 2?2024.01.01
14h
q)count distinct -10?100
10
q)0?5
`long$()
q)type first 1?12:00
-17h
q)rand[10]within 0 9
1b
q)type rand`a`b
-11h
