q)1 2 cross 3 4
1 3
1 4
2 3
2 4
q)1 2 cross`a`b
1 `a
1 `b
2 `a
2 `b
q)1 cross 2 3
1 2
1 3
q)([]a:1 2)cross([]b:`x`y)
a b
---
1 x
1 y
2 x
2 y
q)"ab" cross "cd"
"ac"
"ad"
"bc"
"bd"
q)(1 2)cross()
q)(`a`b!1 2)cross`c`d!3 4
a c| 1 3
a d| 1 4
b c| 2 3
b d| 2 4
