q)where 0110b
1 2
q)where 2 0 3
0 0 2 2 2
q)where`a`b`c!101b
`a`c
q)where`a`b!2 1
`a`a`b
q)where 0000b
`long$()
q)where()
`long$()
q)where 1 2 3>2
,2
q)where 1 -1
'domain
q)where 1.5 2
'type
q)where 0N 1
'domain
q)where 1b
'type
