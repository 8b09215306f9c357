/ A link is a column of rows of a table: its own, or one that has no key.
q)emp:([]name:`ann`bob`cyd`dan;pay:40 30 20 10.)
q)update boss:`emp!0 0 1 1 from`emp
`emp
q)emp
name pay boss
-------------
ann  40  0   
bob  30  0   
cyd  20  1   
dan  10  1   
q)meta emp
c   | t f   a
----| -------
name| s      
pay | f      
boss| j emp  
q)fkeys emp
boss| emp
q)emp`boss
`emp!0 0 1 1
q)type emp`boss
20h
q)key emp`boss
`emp
q)value emp`boss
0 0 1 1
q)-3!emp`boss
"`emp!0 0 1 1"
q)select name,lead:boss.name,top:boss.boss.pay from emp
name lead top
-------------
ann  ann  40 
bob  ann  40 
cyd  bob  40 
dan  bob  40 
q)select from emp where boss.name=`bob
name pay boss
-------------
cyd  20  1   
dan  10  1   
q)select n:count i by boss.name from emp
name| n
----| -
ann | 2
bob | 2
q)select n:count i by boss from emp where boss=1
boss| n
----| -
1   | 2

/ It takes rows as numbers, and is compared with them.
q)`emp insert(`eve;5.;2)
,4
q)emp,:`name`pay`boss!(`fay;4.;9)
q)update boss:3 from`emp where name=`eve
`emp
q)emp[0;`boss]
`emp!0
q)select name,boss.name from emp
name name1
----------
ann  ann  
bob  ann  
cyd  bob  
dan  bob  
eve  dan  
fay       
q)(emp`boss)in 1 3
001110b
q)(emp`boss)=1
001100b
q)(emp`boss)>1
000011b
q)(emp`boss)?3
4
q)string emp`boss
,"0"
,"0"
,"1"
,"1"
,"3"
,"9"
q).j.j 1#emp
"[{\"name\":\"ann\",\"pay\":40,\"boss\":0}]"
q)-9!-8!emp`boss
0 0 1 1 3 9
q)`boss xdesc emp
name pay boss
-------------
fay  4   9   
eve  5   3   
cyd  20  1   
dan  10  1   
ann  40  0   
bob  30  0   
q)`none!0 2
`none!0 2
