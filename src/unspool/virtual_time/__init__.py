"""Virtual time for code that doesn't know of it: the application's timers and an SDK's back-off.

Wherever a `VirtualClock` lets a pause pass, it moves the time that the application reads, and whichever timer
is due first fires first.

- `lending`: lends virtual time to a block of code, and lets single pauses pass.
- `timeline`: who waits, and when time moves; `others`: what must not be overtaken.
- `members`: which threads take part; `bystanders`: which code keeps real time.
- `event_loops`, `trio_runs`, `threads`: where each of them reads the time and waits.
- `swaps`: replaces functions wherever they were imported to; `real`: the real ones.

uvloop and C extensions have timers of their own, which can't be reached. Where a long pause may have jumped
over one, an `UnreachedTimerWarning` says so.
"""
