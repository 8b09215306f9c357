q)3 mcount 1 2 3 4 5
1 2 3 3 3
q)2 mcount 5 0N 3 0N 1
1 1 1 1 1
q)1 mcount 3 1 2
1 1 1
q)10 mcount 1 2 3
1 2 3
q)0 mcount 1 2
0 0
q)3 mcount 1.5 0n 2.5 -1
1 1 2 2
q)2 mcount([]a:1 2 3;b:4 5 6)
a b
---
1 1
2 2
2 2
q)2 mcount`a`b!(1 2;3 4)
a| 1 1
b| 2 2
q)2 mcount 0#0
`long$()
q)3 mcount 1 0w 2 3 4
1 2 3 3 3
q)2 mcount 12:00 12:01 12:05
1 2 2
q)3 mcount 3 3 3i
1 2 3
q)-1 mcount 1 2 3
0 0 0
q)count 1 2 3
3
q)count 5
1
q)count "abc"
3
q)count`a`b!1 2
2
q)count([]a:1 2 3)
3
q)count()
0
q)count each(1 2;3)
2 1
q)count{x}
1
q)count`
1
