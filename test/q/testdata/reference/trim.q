q)trim "  ab  "
"ab"
q)ltrim "  ab  "
"ab  "
q)rtrim "  ab  "
"  ab"
q)trim "ab"
"ab"
q)trim "   "
""
q)trim("  a";"b  ")
,"a"
,"b"
q)trim 0N 1 0N 2 0N
1 0N 2
q)trim`a`b!(" x ";"y ")
a| ,"x"
b| ,"y"
q)trim " "
" "
q)upper "abC1"
"ABC1"
q)lower "ABc1"
"abc1"
q)upper`ab`Cd
`AB`CD
q)lower`AB
`ab
q)upper("ab";"cd")
"AB"
"CD"
q)upper "a"
"A"
q)lower 1
'type
