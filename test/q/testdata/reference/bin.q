q)0 2 4 bin 3
1
q)0 2 4 bin -1 0 1 4 5
-1 0 0 2 2
q)0 2 4 binr -1 0 1 4 5
0 0 1 2 3
q)1 1 2 2 bin 1 2
1 3
q)1 1 2 2 binr 1 2
0 2
q)`a`c`e bin`b`e
0 2
q)"ace" bin "bf"
0 2
q)0 2 4 bin 1.5
'type
q)0 2 4 bin 3i
'type
q)(`a`b`c!0 2 4)bin 3
`b
q)0.5 1.5 bin 1
'type
q)0.5 1.5 bin 1.0 2.0
0 1
q)10:00 11:00 bin 10:30
0
q)(0#0)bin 1
-1
q)1 2 3 bin 0N
-1
q)([]a:`p`p`q;b:1 3 1)bin`a`b!(`p;2)
0
q)([]a:`p`p`q;b:1 3 1)bin([]a:`p`q;b:5 0)
1 0N
q)("aa";"bb")bin("ab";"zz")
0 1
