q)til 5
0 1 2 3 4
q)til 0
`long$()
q)til 3i
0 1 2
q)til -1
'domain
q)til 2.5
'type
q)til 1 2
'type
q)key 4
0 1 2 3
