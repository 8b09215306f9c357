q)signum 1b
1i
q)signum 0x05
1i
q)signum 7h
1i
q)signum 9i
1i
q)signum 12
1i
q)signum 2.5e
1i
q)signum 3.5
1i
q)signum "c"
1i
q)signum `s
'type
q)signum 2024.02.29D12:34:56.789012345
1i
q)signum 2024.02m
1i
q)signum 2024.02.29
1i
q)signum 2024.02.29T12:00:00.000
1i
q)signum 0D01:30:00.000000000
1i
q)signum 01:30
1i
q)signum 01:30:45
1i
q)signum 01:30:45.250
1i
q)signum 0Nh
-1i
q)signum 0Ni
-1i
q)signum 0N
-1i
q)signum 0Ne
-1i
q)signum 0n
-1i
q)signum 0Np
-1i
q)signum 0Nm
-1i
q)signum 0Nd
-1i
q)signum 0Nz
-1i
q)signum 0Nn
-1i
q)signum 0Nu
-1i
q)signum 0Nv
-1i
q)signum 0Nt
-1i
q)signum -2 -1 0 1 2
-1 -1 0 1 1i
q)signum -1.5 0 1.5 0n
-1 0 1 -1i
q)signum 0w -0w
1 -1i
q)signum 0W -0W
1 -1i
q)signum(1;2 3)
1i
1 1i
q)signum`a`b!1 2
a| 1
b| 1
q)signum([]a:1 2;b:3 4)
a b
---
1 1
1 1
q)signum([k:1 2]a:1 2)
k| a
-| -
1| 1
2| 1
q)signum()
q)signum 0#0f
`int$()
q)signum 101b
1 0 1i
q)signum 0x0001ff
0 1 1i
q)signum 1 2 3h
1 1 1i
q)signum[2]
1i
