q)2 in 1 2 3
1b
q)1 5 in 1 2 3
10b
q)`a in`a`b
1b
q)"a" in "abc"
1b
q)"abc" in "cd"
001b
q)1 in 2
0b
q)1 2 in()
00b
q)(1 2;3 4)in(1 2;5 6)
10b
q)1 2 in(1 2;3 4)
1b
q)2 in(1;2;`a)
1b
q)1i in 1 2
'type
q)1 2. in 1
10b
q)1 2. in 1 2
'type
q)([]a:1 2)in([]a:2 3)
01b
q)`a`b in`b
01b
q)"ab" in("ab";"cd")
1b
q)0N in 1 0N
1b
q)0n in 1 0n
1b
q)2024.01.01 in 2024.01.01 2024.01.02
1b
q)(`x`y!1 2)in 2 3
x| 0
y| 1
q)1 2 within 2 3
01b
q)5 within 1 10
1b
q)1 5 11 within 5 10
010b
q)"c" within "ae"
1b
q)`b within`a`c
1b
q)12:00 within 11:00 13:00
1b
q)2024.01.01D12 within 11:00 13:00
1b
q)1 2 3 within(0 2 4;1 3 5)
110b
q)1 2 within 3 2
00b
q)0N within 0 5
0b
q)1.0 within 1 2
1b
q)3 within 1 2 3
'length
