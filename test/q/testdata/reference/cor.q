q)1 2 3 cor 4 5 9
0.9449112
q)1 2 3f cor 4 5 9
0.9449112
q)1 0N 3 cor 4 5 9
1f
q)2 cor 1 2 3
0n
q)1 2 3 cor 2
0n
q)1 2 cor 1 2 3
'length
q)(1 2;3 4) cor (5 6;7 9)
1 1f
q)1010b cor 1 2 3 4
-0.4472136
q)1 1 1 cor 1 2 3
0n
q)`a cor 1
'type
