q)not 1b
0b
q)not 0x05
0b
q)not 7h
0b
q)not 9i
0b
q)not 12
0b
q)not 2.5e
0b
q)not 3.5
0b
q)not "c"
0b
q)not `s
'type
q)not 2024.02.29D12:34:56.789012345
0b
q)not 2024.02m
0b
q)not 2024.02.29
0b
q)not 2024.02.29T12:00:00.000
0b
q)not 0D01:30:00.000000000
0b
q)not 01:30
0b
q)not 01:30:45
0b
q)not 01:30:45.250
0b
q)not 0Nh
0b
q)not 0Ni
0b
q)not 0N
0b
q)not 0Ne
0b
q)not 0n
0b
q)not 0Np
0b
q)not 0Nm
0b
q)not 0Nd
0b
q)not 0Nz
0b
q)not 0Nn
0b
q)not 0Nu
0b
q)not 0Nv
0b
q)not 0Nt
0b
q)not -2 -1 0 1 2
00100b
q)not -1.5 0 1.5 0n
0100b
q)not 0w -0w
00b
q)not 0W -0W
00b
q)not(1;2 3)
0b
00b
q)not`a`b!1 2
a| 0
b| 0
q)not([]a:1 2;b:3 4)
a b
---
0 0
0 0
q)not([k:1 2]a:1 2)
k| a
-| -
1| 0
2| 0
q)not()
q)not 0#0f
`boolean$()
q)not 101b
010b
q)not 0x0001ff
100b
q)not 1 2 3h
000b
q)not[2]
0b
