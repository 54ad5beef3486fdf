/** The page's only style sheet: light and dark by the reader's setting, one column on a phone. */
export const style = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#5b6570;--paper:#fff;--panel:#f5f6f8;--rule:#d9dde2;--mark:#b45309;--line:#2563eb;--good-rgb:22,163,74;--bad-rgb:220,38,38;--mark-rgb:245,158,11}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--soft:#9aa4af;--paper:#15181c;--panel:#1d2126;--rule:#333a42;--mark:#fbbf24;--line:#60a5fa}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem 1rem 4rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0}h2{font-size:1.15rem;margin:2.2rem 0 .6rem}
.soft,figcaption,.tick{color:var(--soft)}
table{border-collapse:collapse}th,td{padding:.3rem .8rem .3rem 0;text-align:right;border-bottom:1px solid var(--rule)}th:first-child,td:first-child{text-align:left}
.scroll{overflow-x:auto}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,17rem),1fr));gap:.8rem}
.chart{margin:0;background:var(--panel);border-radius:8px;padding:.6rem .7rem}
figcaption{font-size:.85rem}figcaption b{color:var(--ink);float:right}
svg{width:100%;height:auto;display:block}.tick{font-size:10px;fill:var(--soft)}.grid{stroke:var(--rule)}
.raw{fill:none;stroke:var(--line);stroke-opacity:.3}.line{fill:none;stroke:var(--line);stroke-width:2}
.bar{display:flex;height:1.6rem;border-radius:6px;overflow:hidden;margin:.3rem 0}.bar span{overflow:hidden;font-size:.75rem;padding:.25rem .4rem;white-space:nowrap;color:#fff}
details{border:1px solid var(--rule);border-radius:8px;margin:.5rem 0;background:var(--panel)}
summary{cursor:pointer;padding:.5rem .8rem}summary:focus-visible,input:focus-visible+label{outline:2px solid var(--line);outline-offset:2px}
.group{padding:0 .8rem .8rem}
.views{display:flex;flex-wrap:wrap;gap:.8rem}.views figure{margin:0}.views img{width:9rem;image-rendering:pixelated;border-radius:4px;border:1px solid var(--rule)}
.completion{font-family:ui-monospace,monospace;font-size:.9rem;padding:.45rem 0;border-top:1px solid var(--rule);overflow-wrap:anywhere;white-space:pre-wrap}
.completion .figures{font-family:system-ui,sans-serif;font-size:.8rem;color:var(--soft);display:block}
.token{border-radius:3px;padding:.1em 0}
.sees{font-weight:700;box-shadow:inset 0 -2px var(--mark)}
.switch{display:flex;flex-wrap:wrap;gap:.4rem;margin:.4rem 0 .8rem}.switch label{padding:.2rem .7rem;border:1px solid var(--rule);border-radius:99px;cursor:pointer}
.by{position:absolute;opacity:0}
#by-shift:checked~.switch [for=by-shift],#by-loss:checked~.switch [for=by-loss],#by-advantage:checked~.switch [for=by-advantage]{background:var(--ink);color:var(--paper)}
#by-shift:focus-visible~.switch [for=by-shift],#by-loss:focus-visible~.switch [for=by-loss],#by-advantage:focus-visible~.switch [for=by-advantage]{outline:2px solid var(--line);outline-offset:2px}
#by-shift:checked~.rollouts .token{background:rgba(var(--mark-rgb),calc(var(--shift)*.6))}
#by-loss:checked~.rollouts .token{background:rgba(var(--bad-rgb),calc(var(--loss)*.5))}
#by-advantage:checked~.rollouts .token{background:linear-gradient(rgba(var(--good-rgb),calc(var(--good)*.4)),rgba(var(--good-rgb),calc(var(--good)*.4))),linear-gradient(rgba(var(--bad-rgb),calc(var(--bad)*.4)),rgba(var(--bad-rgb),calc(var(--bad)*.4)))}
`.replaceAll('\n', '');
