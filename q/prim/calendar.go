package prim

// Civil dates in the proleptic Gregorian calendar, as days and months from
// 2000.01.01.

// daysFromCivil returns the day number of a civil date.
// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
func daysFromCivil(y, m, d int) int32 {
	if m <= 2 {
		y--
	}
	era := y / 400
	if y < 0 {
		era = (y - 399) / 400
	}
	yoe := y - era*400
	doy := (153*((m+9)%12)+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return int32(era*146097 + doe - 730425)
}

// civil returns the year, month and day of a day number.
func civil(day int32) (y, m, d int) {
	z := int(day) + 730425
	era := z / 146097
	if z < 0 {
		era = (z - 146096) / 146097
	}
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d = doy - (153*mp+2)/5 + 1
	m = mp + 3
	if m > 12 {
		m -= 12
	}
	y = yoe + era*400
	if m <= 2 {
		y++
	}
	return y, m, d
}

// monthStart returns the first day of a month.
func monthStart(month int32) int32 {
	y := int(month) / 12
	m := int(month) % 12
	if m < 0 {
		y, m = y-1, m+12
	}
	return daysFromCivil(2000+y, m+1, 1)
}

// monthOf returns the month that a day is in.
func monthOf(day int32) int32 {
	y, m, _ := civil(day)
	return int32((y-2000)*12 + m - 1)
}
