package kdb

import (
	"math"
	"time"
)

// Ranges outside which dates have no text. Source: KX manual, "Datatypes".
const (
	firstDay = -730119 // 0001.01.01
	lastDay  = 2921939 // 9999.12.31
)

const (
	nsSecond = int64(time.Second)
	nsDay    = 24 * 60 * 60 * nsSecond
	// epochUnix is 2000.01.01, from which kdb+ counts, in Unix seconds.
	epochUnix = 946684800
	epochDays = epochUnix / (24 * 60 * 60)
)

// civil returns year, month and day of the day d days after 2000.01.01 in the
// proleptic Gregorian calendar.
func civil(d int64) (year, month, day int) {
	// Days are counted from 0000.03.01, so that the leap day ends a year.
	z := d + epochDays + 719468
	era := z / 146097
	if z < 0 {
		era = (z - 146096) / 146097
	}
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	year, month, day = int(yoe+era*400), int(mp+3), int(doy-(153*mp+2)/5+1)
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

// days returns how many days after 2000.01.01 a date of the proleptic
// Gregorian calendar is.
func days(year, month, day int) int64 {
	y, m := int64(year), int64(month)
	if m <= 2 {
		y--
		m += 12
	}
	era := y / 400
	if y < 0 {
		era = (y - 399) / 400
	}
	yoe := y - era*400
	doy := (153*(m-3)+2)/5 + int64(day) - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468 - epochDays
}

// floorDiv divides rounding down, and returns the non-negative remainder.
func floorDiv(x, y int64) (q, r int64) {
	q, r = x/y, x%y
	if r < 0 {
		q--
		r += y
	}
	return q, r
}

// DateOf returns the date of the given day in the proleptic Gregorian calendar.
func DateOf(year int, month time.Month, day int) Date {
	return Date(days(year, int(month), day))
}

// MonthOf returns the month of the given year.
func MonthOf(year int, month time.Month) Month {
	return Month((year-2000)*12 + int(month) - 1)
}

// TimestampOf returns t as a timestamp in UTC, the null for the zero time, and
// an infinity for a time outside the range of the type (1707 to 2292).
func TimestampOf(t time.Time) Timestamp {
	if t.IsZero() {
		return Timestamp(NullLong)
	}
	s := t.Unix() - epochUnix
	switch {
	case s >= math.MaxInt64/nsSecond:
		return Timestamp(InfLong)
	case s <= -math.MaxInt64/nsSecond:
		return Timestamp(-InfLong)
	}
	return Timestamp(s*nsSecond + int64(t.Nanosecond()))
}

// Time returns the timestamp as a time in UTC, the zero time for the null.
func (t Timestamp) Time() time.Time {
	if Long(t) == NullLong {
		return time.Time{}
	}
	s, ns := floorDiv(int64(t), nsSecond)
	return time.Unix(s+epochUnix, ns).UTC()
}

// Time returns the date's midnight in UTC, the zero time for the null.
func (d Date) Time() time.Time {
	if Int(d) == NullInt {
		return time.Time{}
	}
	return time.Unix((int64(d)+epochDays)*24*60*60, 0).UTC()
}

// Time returns the month's first midnight in UTC, the zero time for the null.
func (m Month) Time() time.Time {
	if Int(m) == NullInt {
		return time.Time{}
	}
	y, mm := floorDiv(int64(m), 12)
	return Date(days(int(y)+2000, int(mm)+1, 1)).Time()
}

// Time returns the datetime as a time in UTC, to the millisecond as kdb+ shows
// it; the zero time for the null and the infinities.
func (z Datetime) Time() time.Time {
	f := float64(z)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return time.Time{}
	}
	return time.UnixMilli(int64(math.Round(f*86400000)) + epochUnix*1000).UTC()
}

// Duration returns the timespan as a duration, 0 for the null.
func (n Timespan) Duration() time.Duration {
	if Long(n) == NullLong {
		return 0
	}
	return time.Duration(n)
}

// Duration returns the minute of the day as the duration since midnight, 0 for the null.
func (u Minute) Duration() time.Duration { return sinceMidnight(int32(u), time.Minute) }

// Duration returns the second of the day as the duration since midnight, 0 for the null.
func (v Second) Duration() time.Duration { return sinceMidnight(int32(v), time.Second) }

// Duration returns the time of day as the duration since midnight, 0 for the null.
func (t Time) Duration() time.Duration { return sinceMidnight(int32(t), time.Millisecond) }

func sinceMidnight(n int32, unit time.Duration) time.Duration {
	if Int(n) == NullInt {
		return 0
	}
	return time.Duration(n) * unit
}
