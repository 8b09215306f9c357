q)"hello" ss "l"
2 3
q)"hello" ss "ll"
,2
q)"hello" ss "z"
`long$()
q)"aaaa" ss "aa"
0 2
q)"cat bat" ss "?at"
0 4
q)"a1b2" ss "[0-9]"
1 3
q)"abc" ss ""
'length
q)"abc" ss "a*"
'length
q)ssr["hello";"l";"L"]
"heLLo"
q)ssr["hello";"ll";""]
"heo"
q)ssr["a1b2";"[0-9]";"#"]
"a#b#"
q)ssr["abc";"b";upper]
"aBc"
q)ssr["abc";"b";{x,x}]
"abbc"
q)ssr["hello";"x";"y"]
"hello"
q)ssr["aaa";"a";"bb"]
"bbbbbb"
q)`abc ss "b"
'type
