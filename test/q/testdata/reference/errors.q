/ An index beyond the end of a list that is assigned to: the list does not grow.
q)v:10 20 30
q)v[3]:1
'length
q)v[1 5]:1 2
'length
q)@[v;-1;+;1]
'length
q)m:(1 2;`a`b)
q)m[1;2]:`c
'length
q)v
10 20 30

/ A query without its from.
q)select a t
'from
q)exec a
'from
q)update b:1 t
'from

/ Characters that are no part of the language.
q)value"1+\001"
'char
q)value"2\303\244"
'char

/ Key-value pairs with a type of key that there is not.
q)"F=,"0:"1=a,2=b"
'IJS

/ Longer than a list can be.
q)0W#1 2
'limit
q)til 0W
'limit

/ A step dictionary does not grow in place.
q)d:`s#1 5 9!`low`mid`high
q)d 6
`mid
q)`d upsert 7 8!`x`y
'step
q)key d
`s#1 5 9

/ A text is not a list of texts, nor is a list of lists of them.
q)ssr["x";"x";"y"]
'type
q)(`ab;`ac`bc)like"a?"
'type
q)(("ab";"cd");"ab")like"a?"
'type
q)(`ab;"ac";"a")like"a?"
110b
q)`x`y!("ab";`cd)like"a?"
x| 1
y| 0
q)(`x`y!("ab";`cd))like"a?"
x| 1
y| 0

/ A name that a function has assigned as a global cannot be its local then.
q){n::1;n:2}
'n
q){n:1;n::2;n}[]
2
q){[n]n::2;n}1
2
q){n::5;{n:6}[];n}[]
5

/ In a query $ is the operator, not the control structure.
q)t:([]a:1 2 3)
q)select b:$[a>1;a;0]from t
'rank
q)select b:{$[x>1;x;0]}each a from t
b
-
0
2
3
q)select b:"f"$a from t
b
-
1
2
3
q)3#"\n"vs .Q.trp[parse;"1;+1";{.Q.sbt y}]
"  [3]  1;+1"
"         ^"
"  [2]  (.q.parse)"
/ Rows of rows, and so on, become tables only so deep: each level takes four times
/ as long as the one before.
q)60{`a`b!(x;x)}/1
'limit
q)type(2#enlist 3{`a`b!(x;x)}/1;98h)
0h
q)type 2#enlist 3{`a`b!(x;x)}/1
98h
