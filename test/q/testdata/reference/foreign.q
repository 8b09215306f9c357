/ A foreign key to a table whose key is not symbols.
q)dept:([id:7 8 9]name:`ops`desk`risk)
q)x:`dept$9 7
q)x
`dept$9 7
q)key x
`dept
q)value x
9 7
q)`dept$7 6
'cast
q)x,:8
q)x,:6
'cast
q)x=8
001b
q)x 0
`dept$9
q)emp:([]d:`dept$8 8 7;n:`ann`bob`cyd)
q)meta emp
c| t f    a
-| --------
d| j dept  
n| s       
q)select d,d.name,n from emp
d name n  
----------
8 desk ann
8 desk bob
7 ops  cyd
q)select count i by d.name from emp
name| x
----| -
desk| 2
ops | 1
q)select from emp where d in 7 9
d n  
-----
7 cyd
q)`emp insert(9;`dan)
,3
q)`emp insert(1;`eve)
'cast
q)update d:7 from`emp where n=`bob
`emp
q)emp[0;`d]:9
q)`d xasc emp
d n  
-----
7 bob
7 cyd
9 ann
9 dan
q)x~`dept$9 7 8
1b
q)-9!-8!x
9 7 8
q)day:([d:2024.01.01 2024.01.02]name:`new`next)
q)exec d.name from([]d:`day$2024.01.02 2024.01.01)
`next`new
q)`day$1
'type
