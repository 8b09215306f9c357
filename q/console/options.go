package console

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/quoinhq/quoin/q/eval"
)

// options are q's command line. Source: KX manual, "Command line" (basics/cmdline).
type options struct {
	Script      string
	Start       eval.Start
	quitOnError bool
}

// valued are the options that take a value, or two for c and C.
const valued = "cCeEgopPsStTuUwWz"

func parseArgs(args []string) (options, error) {
	o := options{Start: eval.Start{Precision: -1, Week: -1, Offset: eval.NoOffset, Line: args}}
	i := 0
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		o.Script = args[0]
		o.Start.Script = args[0]
		i = 1
	}
	for ; i < len(args); i++ {
		a := args[i]
		if len(a) != 2 || a[0] != '-' {
			// The program's own arguments.
			o.Start.Args = append(o.Start.Args, a)
			continue
		}
		letter := a[1]
		if strings.IndexByte(valued, letter) < 0 {
			switch letter {
			case 'q':
				o.Start.Quiet = true
			case 'b':
				o.Start.Blocked = true
			case 'l':
				o.Start.Log = eval.LogAll
			case 'L':
				o.Start.Log = eval.LogSync
			case 'm', 'r':
				return o, fmt.Errorf("'nyi: -%c", letter)
			default:
				o.Start.Args = append(o.Start.Args, a)
			}
			continue
		}
		n := 1
		if letter == 'c' || letter == 'C' {
			n = 2
		}
		if i+n >= len(args)+0 && i+n > len(args)-1 {
			return o, fmt.Errorf("'-%c: value missing", letter)
		}
		vals := args[i+1 : i+1+n]
		i += n
		if err := o.set(letter, vals); err != nil {
			return o, err
		}
	}
	if o.Start.Log != eval.NoLog && o.Script == "" {
		return o, errors.New("'-l: name of the log missing")
	}
	return o, nil
}

func (o *options) set(letter byte, vals []string) error {
	s := &o.Start
	num := func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil {
			return 0, fmt.Errorf("'-%c: %s", letter, text)
		}
		return n, nil
	}
	switch letter {
	case 'p':
		s.Port = vals[0]
		return nil
	case 'u':
		s.Restricted = true
		if vals[0] != "1" {
			s.Users = vals[0]
		}
		return nil
	case 'U':
		s.Users = vals[0]
		return nil
	}
	n, err := num(vals[0])
	if err != nil {
		return err
	}
	switch letter {
	case 'c', 'C':
		m, err := num(vals[1])
		if err != nil {
			return err
		}
		if letter == 'c' {
			s.Console = [2]int{n, m}
		} else {
			s.HTTP = [2]int{n, m}
		}
	case 'e':
		s.ErrorTraps = n
	case 'E':
		if n < 0 || n > 2 {
			return fmt.Errorf("'-E: %d", n)
		}
		s.TLS = n
	case 'g':
		s.GC = n
	case 'o':
		s.Offset = n
	case 'P':
		s.Precision = n
	case 's':
		if n < 0 {
			return fmt.Errorf("'nyi: -s %d", n) // secondary processes
		}
		s.Threads = n
	case 'S':
		s.Seed = n
	case 't':
		s.Timer = n
	case 'T':
		s.Timeout = n
	case 'w':
		s.MemoryMB = n
	case 'W':
		s.Week = n
	case 'z':
		s.DayFirst = n == 1
	}
	return nil
}
