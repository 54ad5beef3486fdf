/** Light and dark by the reader's setting, from a phone to a wide screen; looks as the page of a run does. */
export const style = `
:root{color-scheme:light dark;--ink:#16181b;--soft:#57606a;--paper:#fafaf9;--panel:#fff;--sunk:#f1f2f3;--rule:#dfe2e5;--line:#0b5fce;--good:#0c6b33;--shadow:0 1px 2px rgb(0 0 0/.06)}
@media(prefers-color-scheme:dark){:root{--ink:#e9ebee;--soft:#a3acb6;--paper:#0f1113;--panel:#17191d;--sunk:#1f2327;--rule:#2e3338;--line:#7cb3ff;--good:#6fdc95;--shadow:none}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:74rem;margin:0 auto;padding:2.2rem 1.25rem 5rem}
h1{font-size:1.75rem;line-height:1.2;letter-spacing:-.015em;margin:0;overflow-wrap:anywhere}
h2{font-size:1.15rem;letter-spacing:-.01em;margin:0 0 .8rem}
p{margin:.35rem 0}
.soft{color:var(--soft);font-size:.85rem;overflow-wrap:anywhere}
section{margin-top:2.8rem}
:focus-visible{outline:2px solid var(--line);outline-offset:2px}
.headline{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.8rem;margin:1.4rem 0 0}
.tile,.chart,article{background:var(--panel);border:1px solid var(--rule);border-radius:10px;box-shadow:var(--shadow);min-width:0}
.tile{padding:.8rem 1rem}.tile dt{font-size:.85rem;color:var(--soft)}.tile dd{margin:.1rem 0 0;font-size:1.7rem;font-weight:650;line-height:1.2;letter-spacing:-.02em}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{padding:.42rem .9rem .42rem 0;text-align:left;border-bottom:1px solid var(--rule);font-weight:400;vertical-align:top}
th{color:var(--soft);font-size:.85rem;white-space:nowrap}
td{overflow-wrap:break-word}
.number{text-align:right;white-space:nowrap}
tbody tr:last-child>*{border-bottom:0}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,16rem),1fr));gap:.8rem 2.5rem}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,16rem),1fr));gap:.8rem}
.chart{margin:0;padding:.65rem .75rem .5rem}
figcaption{font-size:.85rem;color:var(--soft);margin-bottom:.4rem}
svg{width:100%;height:6rem;display:block;fill:var(--line);border-bottom:1px solid var(--rule)}
.ends{display:flex;justify-content:space-between;font-size:.8rem;margin:.2rem 0}
summary{cursor:pointer;padding:.35rem .2rem;border-radius:5px;width:fit-content;color:var(--soft)}
li{overflow-wrap:anywhere}
.samples{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,19rem),1fr));gap:.8rem}
article{padding:1rem 1.15rem}
article img{max-width:100%;max-height:14rem;display:block;margin-bottom:.6rem;border-radius:6px;border:1px solid var(--rule)}
.question{white-space:pre-wrap;overflow-wrap:anywhere}
.answer{color:var(--good);font-weight:650;overflow-wrap:anywhere}
@media(max-width:36rem){main{padding:1.4rem 1rem 4rem}h1{font-size:1.4rem}.headline{grid-template-columns:1fr 1fr}.tile dd{font-size:1.35rem}}
`.replaceAll('\n', '');
