q)differ 3 1 4 1 5
11111b
q)differ 3 0N 1 0N 5
11111b
q)differ 0N 0N
10b
q)differ 1.5 0n 2.5
111b
q)differ 0#0
`boolean$()
q)differ 0#0f
`boolean$()
q)differ()
`boolean$()
q)differ 1011b
1110b
q)differ 0x010203
111b
q)differ 1 2 3h
111b
q)differ 1 0N 3i
111b
q)differ 1.5 2.5e
11b
q)differ 12:00 13:30
11b
q)differ 2024.01.01 2024.01.05
11b
q)differ 0D01 0D02
11b
q)differ 2024.01.01D00 2024.01.01D06
11b
q)differ 7
'type
q)differ 1b
'type
q)differ(1 2;3 4)
11b
q)differ(1 2;0N 4)
11b
q)differ(1;2.5)
11b
q)differ`a`b`c!1 2 3
a| 1
b| 1
c| 1
q)differ`a`b!(1 2;3 4)
a| 1
b| 1
q)differ([]a:1 2 3;b:4 5 6)
111b
q)differ`a`b
11b
q)differ"hello"
11101b
q)differ 0w 1 -0w
111b
q)differ 0W 1
11b
q)differ 2024.01 2024.03m
11b
q)differ 10:00:00 10:00:30
11b
