q)5$"abc"
"abc  "
q)-5$"abc"
"  abc"
q)2$"abc"
"ab"
q)-2$"abc"
"bc"
q)0$"abc"
""
q)4$("a";"bc")
"a   "
"bc  "
q)-4$`a`b!("a";"bc")
a| "   a"
b| "  bc"
q)3$"x"
"x  "
q)3$1
'type
