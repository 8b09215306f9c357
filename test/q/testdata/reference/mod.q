/ the type of the result by the types of the arguments; blank where it signals
q)A:(1b;0x05;7h;9i;12;2.5e;3.5;"c";`s;2024.02.29D12:34:56.789012345;2024.02m;2024.02.29;2024.02.29T12:00:00.000;0D01:30:00.000000000;01:30;01:30:45;01:30:45.250)
q)ty:{[f;x;y].[{[f;x;y]abs type f[x;y]}[f];(x;y);{[e]0h}]}
q)ty[mod][1b]each A
6 6 6 6 7 8 9 0 0 12 13 14 15 16 17 18 19h
q)ty[mod][0x05]each A
6 6 6 6 7 8 9 0 0 12 13 14 15 16 17 18 19h
q)ty[mod][7h]each A
6 6 6 6 7 8 9 0 0 12 13 14 15 16 17 18 19h
q)ty[mod][9i]each A
6 6 6 6 7 8 9 0 0 12 13 14 15 16 17 18 19h
q)ty[mod][12]each A
7 7 7 7 7 8 9 0 0 12 13 14 15 16 17 18 19h
q)ty[mod][2.5e]each A
9 9 9 9 9 9 9 9 0 9 9 15 15 9 9 9 9h
q)ty[mod][3.5]each A
9 9 9 9 9 9 9 9 0 9 9 15 15 9 9 9 9h
q)ty[mod]["c"]each A
0 0 0 0 0 0 9 0 0 12 13 14 15 16 17 18 19h
q)ty[mod][`s]each A
0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0h
q)ty[mod][2024.02.29D12:34:56.789012345]each A
16 16 16 16 16 16 9 16 0 0 0 0 0 0 0 0 0h
q)ty[mod][2024.02m]each A
6 6 6 6 6 6 9 6 0 0 0 0 0 0 0 0 0h
q)ty[mod][2024.02.29]each A
6 6 6 6 6 6 0 6 0 0 0 0 0 0 0 0 0h
q)ty[mod][2024.02.29T12:00:00.000]each A
9 9 9 9 9 9 9 9 0 0 0 0 0 0 0 0 0h
q)ty[mod][0D01:30:00.000000000]each A
16 16 16 16 16 16 9 16 0 0 0 0 0 0 0 0 0h
q)ty[mod][01:30]each A
17 17 17 17 17 17 9 17 0 0 0 0 0 0 0 0 0h
q)ty[mod][01:30:45]each A
18 18 18 18 18 18 9 18 0 0 0 0 0 0 0 0 0h
q)ty[mod][01:30:45.250]each A
19 19 19 19 19 19 9 19 0 0 0 0 0 0 0 0 0h
q)-7 mod 2
1
q)7 mod -2
-1
q)-7 -6 -5 0 5 6 7 mod 3
2 0 1 0 2 0 1
q)7.5 mod 2
1.5
q)-7.5 mod 2
0.5
q)7 mod 2.5
2f
q)1 2 3 mod 0N
0N 0N 0N
q)0N mod 3
0N
q)10 20 30 mod 3 7 11
1 6 8
q)(`a`b!7 8) mod 3
a| 1
b| 2
q)7i mod 2i
1i
q)7h mod 2h
1i
q)1b mod 1b
0i
q)0n mod 2
0n
q)3 mod ([]a:7 8)
a
-
3
3
q)(7;8 9) mod 2
1
0 1
q)1 2 mod 1 2 3
'length
q)`a mod 1
'type
q)2024.02.29 mod 7
5i
q)12:34:56 mod 60
00:00:56
q)-1 mod 7
6
q)5.5 mod 2
1.5
q)7 mod 1 2 3 4
0 1 1 3
