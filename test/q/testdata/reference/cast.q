q)"i"$3.5
4i
q)"j"$2.5 3.5
3 4
q)"h"$70000
32767h
q)"i"$0W
0Wi
q)"f"$3
3f
q)"e"$1 2
1 2e
q)"b"$0 1 2
011b
q)"x"$65 300
0x412c
q)"c"$65 66
"AB"
q)"d"$2024.01.02D12
2024.01.02
q)"t"$12:30
12:30:00.000
q)"u"$12:30:59
12:30
q)"v"$12:30:59.999
12:30:59
q)"n"$12:30
0D12:30:00.000000000
q)"p"$2024.01.02
2024.01.02D00:00:00.000000000
q)"m"$2024.05.17
2024.05m
q)"z"$2024.01.02
2024.01.02T00:00:00.000
q)"d"$2024.05m
2024.05.01
q)"j"$2024.01.01
8766
q)"j"$"a"
97
q)"i"$"abc"
97 98 99i
q)`int$3.7
4i
q)`float$1 2
1 2f
q)`long$1b
1
q)6h$2.2
2i
q)`symbol$"abc"
`abc
q)`$"abc"
`abc
q)`$("ab";"cd")
`ab`cd
q)`$"  x  "
`x
q)"s"$"ab"
`ab
q)"*"$1 2
1 2
q)0h$1
1
q)"ij"$3.2
3i
3
q)"ij"$3.2 4.7
3i
5
q)`year$2024.05.17
2024i
q)`mm$2024.05.17
5i
q)`dd$2024.05.17
17i
q)`hh$12:34:56
12i
q)`uu$12:34:56
34i
q)`ss$12:34:56
56i
q)`week$2024.05.17
2024.05.13
q)`month$2024.05.17
2024.05m
q)`date$2024.05.17D12
2024.05.17
q)`time$2024.05.17D12:34:56.789
12:34:56.789
q)`minute$2024.05.17D12:34:56
12:34
q)`second$0D12:34:56.7
12:34:56
q)`timespan$12:34
0D12:34:00.000000000
q)`year`mm`dd$2024.05.17
2024 5 17i
q)`hh$2024.05.17
'type
q)`dd$12:00
'type
q)"j"$0n 0w
0N 0W
q)"j"$0N
0N
q)"f"$0N
0n
q)"i"$0Nh
0Ni
q)"h"$0N
0Nh
q)"n"$2024.01.01D06
0D06:00:00.000000000
q)"f"$2024.01.02
8767f
q)"e"$0n
0Ne
q)"i"$`a
'type
q)"j"$`a`b!1.2 2.7
a| 1
b| 3
q)"j"$([]a:1.2 2.7)
a
-
1
3
q)"b"$"0"
1b
q)"x"$"ab"
0x6162
q)"p"$0
2000.01.01D00:00:00.000000000
q)"d"$0
2000.01.01
q)"u"$90
01:30
q)"v"$90.6
00:01:31
q)2h$1
'type
q)`int$()
`int$()
q)1h$()
`boolean$()
q)"f"$()
`float$()
q)2h$()
`guid$()
q)`timespan$()
`timespan$()
q)`char$()
""
q)type each`boolean`byte`short`int`long`real`float`char`symbol`timestamp`month`date`datetime`timespan`minute`second`time$\:()
1 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19h
q)"t"$("";())
`time$()
`time$()
q)([]time:`timespan$();sym:`symbol$();price:`float$())
time sym price
--------------
q)"T"$"+0900"
09:00:00.000
q)"T"$"-0500"
-05:00:00.000
