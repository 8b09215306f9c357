/ In a window without rows there is no max and no min; another function gives what
/ it gives of no items.
q)t:([]s:`a`a;t:5 20)
q)r:([]s:`a`a`a;t:4 5 6;p:3 1 2)
q)wj1[(4 19;6 21);`s`t;t;(r;(max;`p))]
s t  p
------
a 5  3
a 20  
q)wj1[(4 19;6 21);`s`t;t;(r;(min;`p))]
s t  p
------
a 5  1
a 20  
q)wj1[(4 19;6 21);`s`t;t;(r;({max x};`p))]
s t  p  
--------
a 5  3  
a 20 -0W
q)wj[(5 19;6 21);`s`t;t;(r;(max;`p))]
s t  p
------
a 5  2
a 20 2
q)wj1[(4 19;6 21);`s`t;t;(r;(count;`p))]
s t  p
------
a 5  3
a 20 0
