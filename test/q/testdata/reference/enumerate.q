q)sym:`a`b`c
q)e:`sym$`b`a`c
q)e
`sym$`b`a`c
q)type e
20h
q)"j"$e
1 0 2
q)value e
`b`a`c
q)key e
`sym
q)e=`a
010b
q)e,`a
`b`a`c`a
q)`sym$`z
'cast
q)`sym?`d`a
`sym$`d`a
q)sym
`a`b`c`d
q)`sym$`a
`sym$`a
q)e?`c
2
q)e 1
`sym$`a
q)e 0 2
`sym$`b`c
q)type`sym$`a
-20h
q)null`sym$`a
0b
q)`sym!0 2
`sym$`a`c
q)e in`a`b
110b
q)distinct e
`sym$`b`a`c
q)group e
b| 0
a| 1
c| 2
q)asc e
`s#`sym$`a`b`c
q)count e
3
q)e~`b`a`c
0b
q)string e
,"b"
,"a"
,"c"
q)first e
`sym$`b
q)reverse e
`sym$`c`a`b
q)`a`b`c?e
1 0 2
