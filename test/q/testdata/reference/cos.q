q)cos 1b
0.5403023
q)cos 0x05
0.2836622
q)cos 7h
0.7539023
q)cos 9i
-0.9111303
q)cos 12
0.843854
q)cos 2.5e
-0.8011436
q)cos 3.5
-0.9364567
q)cos "c"
0.03982088
q)cos `s
'type
q)cos 2024.02.29D12:34:56.789012345
0.8458397
q)cos 2024.02m
0.9996483
q)cos 2024.02.29
-0.964768
q)cos 2024.02.29T12:00:00.000
1999.12.31T06:42:26.572
q)cos 0D01:30:00.000000000
0.09527704
q)cos 01:30
-0.4480736
q)cos 01:30:45
-0.8139184
q)cos 01:30:45.250
-0.9582907
q)cos 0Nh
0n
q)cos 0Ni
0n
q)cos 0N
0n
q)cos 0Ne
0n
q)cos 0n
0n
q)cos 0Np
0n
q)cos 0Nm
0n
q)cos 0Nd
0n
q)cos 0Nz
0Nz
q)cos 0Nn
0n
q)cos 0Nu
0n
q)cos 0Nv
0n
q)cos 0Nt
0n
q)cos -2 -1 0 1 2
-0.4161468 0.5403023 1 0.5403023 -0.4161468
q)cos -1.5 0 1.5 0n
0.0707372 1 0.0707372 0n
q)cos 0w -0w
0n 0n
q)cos 0W -0W
0.01180008 0.01180008
q)cos(1;2 3)
0.5403023
-0.4161468 -0.9899925
q)cos`a`b!1 2
a| 0.5403023
b| -0.4161468
q)cos([]a:1 2;b:3 4)
a          b         
---------------------
0.5403023  -0.9899925
-0.4161468 -0.6536436
q)cos([k:1 2]a:1 2)
k| a         
-| ----------
1| 0.5403023 
2| -0.4161468
q)cos()
q)cos 0#0f
`float$()
q)cos 101b
0.5403023 1 0.5403023
q)cos 0x0001ff
1 0.5403023 -0.8623036
q)cos 1 2 3h
0.5403023 -0.4161468 -0.9899925
q)cos[2]
-0.4161468
q)acos 1b
0f
q)acos 0x05
0n
q)acos 7h
0n
q)acos 9i
0n
q)acos 12
0n
q)acos 2.5e
0n
q)acos 3.5
0n
q)acos "c"
0n
q)acos `s
'type
q)acos 2024.02.29D12:34:56.789012345
0n
q)acos 2024.02m
0n
q)acos 2024.02.29
0n
q)acos 2024.02.29T12:00:00.000
0Nz
q)acos 0D01:30:00.000000000
0n
q)acos 01:30
0n
q)acos 01:30:45
0n
q)acos 01:30:45.250
0n
q)acos 0Nh
0n
q)acos 0Ni
0n
q)acos 0N
0n
q)acos 0Ne
0n
q)acos 0n
0n
q)acos 0Np
0n
q)acos 0Nm
0n
q)acos 0Nd
0n
q)acos 0Nz
0Nz
q)acos 0Nn
0n
q)acos 0Nu
0n
q)acos 0Nv
0n
q)acos 0Nt
0n
q)acos -2 -1 0 1 2
0n 3.141593 1.570796 0 0n
q)acos -1.5 0 1.5 0n
0n 1.570796 0n 0n
q)acos 0w -0w
0n 0n
q)acos 0W -0W
0n 0n
q)acos(1;2 3)
0f
0n 0n
q)acos`a`b!1 2
a| 0
b| 
q)acos([]a:1 2;b:3 4)
a b
---
0  
   
q)acos([k:1 2]a:1 2)
k| a
-| -
1| 0
2|  
q)acos()
q)acos 0#0f
`float$()
q)acos 101b
0 1.570796 0
q)acos 0x0001ff
1.570796 0 0n
q)acos 1 2 3h
0 0n 0n
q)acos[2]
0n
