q)1 2 3 cov 4 5 9
1.666667
q)1 2 3f cov 4 5 9
1.666667
q)1 0N 3 cov 4 5 9
2.5
q)2 cov 1 2 3
0f
q)1 2 3 cov 2
0f
q)1 2 cov 1 2 3
'length
q)(1 2;3 4) cov (5 6;7 9)
1 1.5
q)1010b cov 1 2 3 4
-0.25
q)1 1 1 cov 1 2 3
0f
q)`a cov 1
'type
q)1 2 3 scov 4 5 9
2.5
q)1 2 3f scov 4 5 9
2.5
q)1 0N 3 scov 4 5 9
5f
q)2 scov 1 2 3
0f
q)1 2 3 scov 2
0f
q)1 2 scov 1 2 3
'length
q)(1 2;3 4) scov (5 6;7 9)
2 3f
q)1010b scov 1 2 3 4
-0.3333333
q)1 1 1 scov 1 2 3
0f
q)`a scov 1
'type
