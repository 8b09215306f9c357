/ The part of the .Q, .h and .j namespaces that is q itself. What needs the
/ machine is defined in Go (bootstrap.go) before this runs.
.q.csv:","
\d .Q
A:"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
a:"abcdefghijklmnopqrstuvwxyz"
n:"0123456789"
nA:n,A
an:a,A,"_",n
b6:A,a,n,"+/"
t:" bg xhijefcspmdznuvts"
k:.z.K
K:.z.k
M:0W
addmonths:{m:y+"m"$x;("d"$m)+x-"d"$"m"$x}
dd:{` sv x,`$string y}
f:{.Q.fixed[x;y]}
fmt:{[w;d;v]$[w<count s:.Q.fixed[d;v];w#"*";neg[w]$s]}
fc:{raze x peach (0N;1|system"s")#y}
ff:{x,'flip(cols[y]except cols x)!{y#0#x}[;count x]each y cols[y]except cols x}
ft:{$[99h=type y;$[98h=type key y;(keys y)xkey x 0!y;x y];x y]}
fu:{$[0>type y;x y;(x u)(u:distinct y)?y]}
id:{$[-11h=type x;.Q.idname x;98h=type x;(.Q.idcols cols x)xcol x;99h=type x;$[98h=type key x;(.Q.id key x)!.Q.id value x;(.Q.idcols key x)!value x];'`type]}
idcols:{c:.Q.idname each x;{[c;i]s:c i;$[n:sum s=i#c;`$string[s],string n;s]}[c]each til count c}
idname:{s:string[x]inter .Q.an;$[0=count s;`a;(first s)in .Q.a,.Q.A;$[(`$s)in .Q.res,key`.q;`$s,"1";`$s];`$"a",s]}
qt:{$[99h=type x;(98h=type key x)&98h=type value x;98h=type x]}
s1:{-3!x}
ty:{$[type[x]within 78 96h;upper .Q.t type[x]-77h;type[x]in 0 77h;$[1=count u:distinct type each x;$[first[u]within 1 19h;upper .Q.t first u;" "];" "];.Q.t abs type x]}
V:{$[98h=type x;flip x;99h=type x;flip 0!x;flip value x]}
v:{$[-11h=type x;value x;x]}
w:{`used`heap`peak`wmax`mmap`mphy`syms`symw!(system"w"),system"w 0"}
j10:{64 sv .Q.b6?x}
x10:{.Q.b6 (10#64)vs x}
j12:{36 sv .Q.nA?upper x}
x12:{.Q.nA (12#36)vs x}
opt:{.Q.x:();.Q.options x}
x:()
prf0:{'`nyi}
Cf:{'`nyi}
Xf:{[x;y]'`nyi}
rp:{'`nyi}
def:{[d;o]k:key[d]inter key o;d,k!{[x;y]$[()~y;x;0>type x;first .Q.tok[x;y];.Q.tok[x;y]]}'[d k;o k]}
tok:{$[-1h=type x;"B"$y;(upper .Q.t abs type x)$y]}
trp:{.Q.trap[x;enlist y;z]}
trpd:{.Q.trap[x;$[0>type y;enlist y;y];z]}
res:`abs`acos`asin`atan`avg`bin`binr`cor`cos`cov`delete`dev`div`do`enlist`exec`exit`exp`getenv`hopen`if`in`insert`last`like`log`max`min`prd`select`setenv`sin`sqrt`ss`sum`tan`update`var`wavg`while`within`wsum`xexp
en:{[d;t].Q.ens[d;t;`sym]}
dpfts:{[d;p;f;t;s]r:.Q.ens[d;0!value t;s];r:r iasc r f;.Q.dd[.Q.par[d;p;t];`]set @[(f,cols[r]except f)xcols r;f;`p#];t}
dpft:{[d;p;f;t].Q.dpfts[d;p;f;t;`sym]}
dpts:{[d;p;t;s].Q.dd[.Q.par[d;p;t];`]set .Q.ens[d;0!value t;s];t}
dpt:{[d;p;t].Q.dpts[d;p;t;`sym]}
hdpf:{[h;d;p;f].Q.dpft[d;p;f]each t:tables`.;{x set 0#value x}each t;if[not(::)~h;$[-11h=type h;[h:hopen h;h"\\l .";hclose h];h"\\l ."]];}
dsave1:{[d;t]{[d;t]r:.Q.en[d;0!value t];.Q.dd[.Q.dd[d;t];`]set @[r;first cols r;`p#];t}[d]each(),t}
ind:{[t;i]n:sums 0,.Q.cn t;p:n bin i;raze{[t;n;p;i;j]?[t;enlist(=;.Q.pf;.Q.pv j);0b;()]i[w]-n j}[t;n;p;i]each distinct p}
fk:{$[20h=type x;key x;`]}
dsftg:{[d;s;f;t;g]k:sum t 1;n:.Q.M&1000000;p:.Q.dd[.Q.par . d;`];m:(s[2]+(0>=s 2)*hcount[s 0]-s 1)div k;o:n*til ceiling m%n;{[w;s;f;t;g;n;o]w[1]upsert .Q.en[w 0]g flip f!t 1:(s 0;o;n);}[(d 0;p);s;f;t;g]'[k*n&m-o;s[1]+k*o];p}
fsn:{.Q.stream[x;y;z]}
fpn:{.Q.stream[x;y;z]}
fs:{.Q.fsn[x;y;131000]}
fps:{.Q.fpn[x;y;131000]}
\d .h
br:"<br>"
c0:`024C7E
c1:`958600
d:" "
HOME:"html"
logo:""
sa:"a{text-decoration:none}a:link{color:024C7E}a:visited{color:024C7E}a:active{color:958600}"
sb:"body{font:10pt verdana;text-align:justify}"
sc:"$-.+!*'(),abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"
val:value
ty:`htm`html`csv`txt`xml`xls`gif`png`ico`jpg`jpeg`js`json`css`svg`swf!("text/html";"text/html";"text/comma-separated-values";"text/plain";"text/plain";"application/msexcel";"image/gif";"image/png";"image/x-icon";"image/jpeg";"image/jpeg";"text/javascript";"application/json";"text/css";"image/svg+xml";"application/x-shockwave-flash")
hug:{c:"c"$til 256;c!{$[y in x;y;"%",raze string`byte$y]}[x]each c}
hu:{raze .h.hug[.h.sc]x}
uh:{.h.unescape x}
hc:{ssr[(),x;"<";"&lt;"]}
xs:{ssr/[(),x;("&";"<";">";"\"");("&amp;";"&lt;";"&gt;";"&quot;")]}
hr:{count[x]#"-"}
nbr:{.h.htc[`nobr;x]}
attrs:{raze{" ",string[x],"=",$[-11h=type y;string y;"\"",y,"\""]}'[key x;value x]}
hta:{"<",string[x],.h.attrs[y],">"}
htc:{"<",string[x],">",y,"</",string[x],">"}
htac:{[x;y;z].h.hta[x;y],z,"</",string[x],">"}
ha:{"<a href=",$[10h=type x;"\"",x,"\"";string x],">",y,"</a>"}
hb:{"<a target=v href=",$[10h=type x;"\"",x,"\"";string x],">",y,"</a>"}
code:{raze{$[y mod 2;.h.htc[`code].h.htc[`nobr]x;x]}'[{$[count[x]>1;@[x;where(til count x)mod 2;{x}];x]}p;til count p:.h.gaps"\t"vs x]}
gaps:{n:count x;{[x;n;i]$[(i mod 2)=1;x i;((i>0)#" "),x[i],(i<n-1)#" "]}[x;n]each til n}
pre:{.h.htc[`pre;raze x,\:"\n"]}
xmp:{.h.htc[`xmp;raze x,\:"\n"]}
text:{raze .h.htc[`p]'[x],\:"\n"}
html:{.h.htc[`html].h.htc[`head;.h.htc[`style;.h.sa,.h.sb]],.h.htc[`body;x]}
http:{w:" "vs x;" "sv{$[x like"http://*";.h.ha[x;x];x]}each w}
fram:{[t;s;f]"<html><head><title>",t,"</title><frameset cols=\"",string[8*1+max count each s],",*\"><frame src=\"",f[0],"\"><frame name=v src=\"",f[1],"\"></frameset></head></html>"}
ka:{$[x>0;"keep-alive";"close"]}
ctype:{$[x in key .h.ty;.h.ty x;"application/octet-stream"]}
hn:{[x;y;z]z:$[4h=type z;"c"$z;z];"HTTP/1.1 ",x,"\r\nContent-Type: ",.h.ctype[y],"\r\nConnection: close\r\nContent-Length: ",string[count z],"\r\n\r\n",z}
hy:{.h.hn["200 OK";x;y]}
he:{.h.hn["400 Bad Request";`txt;"'",.h.hc x]}
hp:{.h.hy[`htm].h.htc[`html].h.htc[`head;.h.htc[`style;.h.sb]],.h.htc[`body].h.pre x}
ht:{'`nyi}
iso8601:{@[string"p"$x;4 7 10;:;"--T"]}
plain:{$[.Q.qt x;0!x;x]}
sub:{$[0h=type x;{$[10h=type x;x;.h.d sv string x]}each x;x]}
cd:{csv 0:$[.Q.qt x;flip .h.sub each flip .h.plain x;x]}
td:{"\t"0:$[.Q.qt x;.h.plain x;x]}
cell:{$[10h=type x;x;-10h=type x;enlist x;string x]}
xd:{[t]t:.h.plain t;c:string cols t;(enlist"<R>"),({[c;r]"<r>",(raze{"<",x,">",.h.xs[.h.cell y],"</",x,">"}'[c;value r]),"</r>"}[c]each t),enlist"</R>"}
xcell:{"<Cell><Data ss:Type=\"",$[(abs type x)in 1 4 5 6 7 8 9h;"Number";"String"],"\">",.h.xs[.h.cell x],"</Data></Cell>"}
xrow:{"<Row>",(raze .h.xcell each x),"</Row>"}
sheet:{[n;t]t:.h.plain t;"<Worksheet ss:Name=\"",string[n],"\"><Table>",(.h.xrow cols t),(raze .h.xrow each value each t),"</Table></Worksheet>"}
edsn:{("<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?>";"<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">",(raze .h.sheet'[key x;value x]),"</Workbook>")}
ed:{("<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?>";"<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">",(.h.sheet[`Sheet1;x]),"</Workbook>")}
xt:{$[x=`json;.j.k each y;'x]}
jx:{[x;y]t:$[-11h=type y;value y;y];n:count t;r:(x*1)sublist .h.plain t;(enlist"<a href=\"?[0\">home</a> <a href=\"?[",string[0|x-32],"\">up</a> <a href=\"?[",string[n&x+32],"\">down</a> <a href=\"?[",string[0|n-32],"\">end</a> ",string[n],"[",string[x],"]"),enlist[""],"\n"vs -1_.Q.s(x;32)sublist .h.plain t}
page:{[x].h.hp"\n"vs .Q.s x}
file:{$[(0=count x)|any x like/:("*..*";"/*");();f~key f:hsym`$.h.HOME,"/",x;f;()]}
serve:{[r]u:.h.uh first r;p:(u?"?")#u;e:(1+count p)_u;if[0=count u;:.h.hp string system"v"];if[not()~f:.h.file p;:.h.hy[`$last"."vs p;read1 f]];x:`$last"."vs p;v:.h.val e;$[(count p)&x in key .h.tx;.h.hy[x;"\n"sv .h.tx[x]v];.h.page v]}
tx:`raw`json`csv`txt`xml`xls!(enlist;{.j.j each $[.Q.qt x;0!x;x]};cd;td;xd;ed)
\d .
