q)2 cut til 5
0 1
2 3
,4
q)3 cut "abcdefg"
"abc"
"def"
,"g"
q)2 4 cut til 6
2 3
4 5
q)0 3_til 6
0 1 2
3 4 5
q)2 3_"abcdef"
,"c"
"def"
q)0 1 2_`a`b`c
a
b
c
q)0 2 _ ([]a:1 2 3 4)
+(,`a)!,1 2
+(,`a)!,3 4
q)3 2_til 5
'domain
q)2 9_til 5
'length
q)1 cut 1 2 3
1
2
3
q)10 cut 1 2 3
1 2 3
