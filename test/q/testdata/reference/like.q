q)"abc" like "abc"
1b
q)"abc" like "a*"
1b
q)"abc" like "*c"
1b
q)"abc" like "*b*"
1b
q)"abc" like "a?c"
1b
q)"abc" like "a[a-c]c"
1b
q)"abc" like "a[^x]c"
1b
q)`abc like "a*"
1b
q)`abc`bcd like "b*"
01b
q)("abc";"bcd")like "?b?"
10b
q)"" like "*"
1b
q)"" like ""
1b
q)"a*c" like "a[*]c"
1b
q)"a]c" like "a[]]c"
1b
q)"abc" like "ABC"
0b
q)"abc" like "*a*b*"
'nyi
q)1 like "a"
'type
q)(`a`b!`xy`zz)like "x*"
a| 1
b| 0
q)"abc" like `abc
1b
q)"abc" like "abcd"
0b
q)"abcabc" like "abc*"
1b
q)"x1" like "x[0-9]"
1b
