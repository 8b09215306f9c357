q)(1 2f;3 4f)mmu(5 6f;7 8f)
19 22
43 50
q)(1 2f;3 4f)mmu 1 1f
3 7f
q)1 1f mmu(1 2f;3 4f)
4 6f
q)1 2f mmu 3 4f
11f
q)(1 2f;3 4f)$(5 6f;7 8f)
19 22
43 50
q)1 2 3f$4 5 6f
32f
q)(1 2;3 4)mmu(5 6;7 8)
'type
q)1 2f mmu 1 2 3f
'length
q)inv(2 0f;0 4f)
0.5 0   
0   0.25
q)inv(1 2f;3 4f)
-2  1   
1.5 -0.5
q)inv 2 2#1 2 2 4f
 
 
q)1=(3 3#2 4 8 3 5 6 0 7 1f)mmu inv 3 3#2 4 8 3 5 6 0 7 1f
100b
010b
001b
q)(enlist 1 2 3f)lsq(1 1 1f;1 2 3f)
0 1
q)(1 2f;3 4f)lsq(2 0f;0 2f)
0.5 1
1.5 2
q)inv 1 2f
'type
