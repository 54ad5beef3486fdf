/** The pages' only style sheet: light and dark by the reader's setting, from a phone to a wide screen. */
export const style = `
:root{color-scheme:light dark;--ink:#16181b;--soft:#57606a;--paper:#fafaf9;--panel:#fff;--sunk:#f1f2f3;--rule:#dfe2e5;--line:#0b5fce;--sees:#a84300;--good:#0c6b33;--bad:#b3261e;--up-rgb:245 158 11;--down-rgb:37 99 235;--depth:.62;--shadow:0 1px 2px rgb(0 0 0/.06);--c0:#0b5fce;--c1:#a84300;--c2:#0c6b33;--c3:#7b2fbf;--c4:#b3261e;--c5:#00707a;--c6:#6b5900;--c7:#b0287f}
@media(prefers-color-scheme:dark){:root{--ink:#e9ebee;--soft:#a3acb6;--paper:#0f1113;--panel:#17191d;--sunk:#1f2327;--rule:#2e3338;--line:#7cb3ff;--sees:#ffb454;--good:#6fdc95;--bad:#ff9a91;--up-rgb:245 158 11;--down-rgb:96 150 255;--depth:.46;--shadow:none;--c0:#7cb3ff;--c1:#ffb454;--c2:#6fdc95;--c3:#c9a0ff;--c4:#ff9a91;--c5:#5fd3de;--c6:#d8c65a;--c7:#ff9bd6}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
#page{max-width:74rem;margin:0 auto;padding:2.2rem 1.25rem 5rem}
h1{font-size:1.75rem;line-height:1.2;letter-spacing:-.015em;margin:0;overflow-wrap:anywhere}
h2{font-size:1.15rem;letter-spacing:-.01em;margin:0}
h3{font-size:1.05rem;margin:0;overflow-wrap:anywhere}
p{margin:.35rem 0}b{font-weight:650}
.soft,.eyebrow,.tick,dt{color:var(--soft)}
.eyebrow{font-size:.8rem;letter-spacing:.02em;margin:0 0 .15rem}
header .soft,.group>.soft{overflow-wrap:anywhere}
section{margin-top:2.8rem}
section>h2{margin-bottom:.8rem}
.bar{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:.5rem 1.2rem}
section>.bar{margin-bottom:.8rem}
:focus-visible{outline:2px solid var(--line);outline-offset:2px}
.unseen{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
.empty{padding:2rem;text-align:center;background:var(--sunk);border-radius:10px;color:var(--soft)}

.status{margin:0;padding:.15rem .7rem;border-radius:99px;border:1px solid var(--rule);font-size:.85rem}
.status.live{color:var(--good)}.status.lost{color:var(--bad)}

.ending{margin:1.4rem 0 0;padding:.7rem 1rem;border:1px solid var(--rule);border-left:4px solid var(--bad);border-radius:10px;background:var(--panel);overflow-wrap:anywhere}
.headline{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,10.5rem),1fr));gap:.8rem;margin:1.4rem 0 0}
.tile{background:var(--panel);border:1px solid var(--rule);border-radius:10px;padding:.8rem 1rem;box-shadow:var(--shadow)}
.tile dt{font-size:.85rem}.tile dd{margin:.1rem 0 0}.tile b{font-size:1.7rem;line-height:1.2;letter-spacing:-.02em;display:block}.tile .soft{font-size:.85rem}

table{border-collapse:collapse;width:100%}
th,td{padding:.42rem .9rem .42rem 0;text-align:right;border-bottom:1px solid var(--rule);font-weight:400;white-space:nowrap}
thead th{color:var(--soft);font-size:.85rem}
th:first-child{text-align:left;white-space:normal;overflow-wrap:anywhere}
tbody tr:last-child>*{border-bottom:0}
.accuracy td:last-child,.accuracy th:last-child,.phases td:last-child{width:52%;padding-right:0;text-align:left}
.accuracy .task th{padding-left:1.1rem;color:var(--soft)}
.key,.end{display:inline-block;width:.7rem;height:.7rem;border-radius:50%;border:2px solid var(--line);background:var(--panel);vertical-align:-1px}
.key.after,.end.after{background:var(--line)}
.key.after{margin-left:.6rem}
.track{position:relative;height:1.5rem;margin:0 .4rem;background:linear-gradient(var(--rule),var(--rule)) center/100% 1px no-repeat,repeating-linear-gradient(90deg,var(--rule) 0 1px,transparent 1px calc(25% - .25px))}
.track i{position:absolute}
.end{top:50%;transform:translate(-50%,-50%)}
.interval{top:calc(50% - .3rem);height:.6rem;border-radius:3px;background:var(--line);opacity:.16}
.interval.after{opacity:.3}
.phases td.bar-cell i{display:block;height:.75rem;border-radius:3px;background:var(--line);min-width:2px}

.smoothing{display:flex;align-items:center;gap:.6rem;font-size:.9rem}.smoothing input{width:9rem;accent-color:var(--line);margin:0}.smoothing output{width:2.2rem}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,17.5rem),1fr));gap:.8rem}
.chart{margin:0;background:var(--panel);border:1px solid var(--rule);border-radius:10px;padding:.65rem .75rem .4rem;min-width:0;box-shadow:var(--shadow)}
.chart figcaption{display:flex;justify-content:space-between;gap:.6rem;font-size:.85rem;margin-bottom:.25rem}
.chart figcaption>span:first-child{color:var(--soft);overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.reading{white-space:nowrap}
.plot{border-radius:5px;cursor:crosshair;touch-action:pan-y}
svg{width:100%;height:auto;display:block}
.tick{font-size:10.5px;fill:var(--soft)}.grid{stroke:var(--rule);stroke-width:1}
.raw,.line{fill:none;stroke:var(--line);stroke-linejoin:round}.raw{stroke-opacity:.28}.line{stroke-width:2}
.cursor{stroke:var(--ink);stroke-opacity:.45;stroke-dasharray:2 2}.dot{fill:var(--line)}
.more{margin-top:.8rem}.more .charts{margin-top:.8rem}
summary{cursor:pointer;padding:.35rem .2rem;border-radius:5px;width:fit-content;color:var(--soft)}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--sunk);border-radius:10px;padding:1rem;font-size:.85rem}
code,.tokens,pre{font-family:ui-monospace,"SF Mono",Menlo,Consolas,monospace}

.c0{--line:var(--c0)}.c1{--line:var(--c1)}.c2{--line:var(--c2)}.c3{--line:var(--c3)}.c4{--line:var(--c4)}.c5{--line:var(--c5)}.c6{--line:var(--c6)}.c7{--line:var(--c7)}
.swatch{display:inline-block;width:1.3rem;border-top:3px solid var(--line);vertical-align:.28em;margin-right:.35rem}
.swatch.dashed{border-top-style:dashed}.line.dashed{stroke-dasharray:5 3}
.plot{position:relative}
.readings{position:absolute;right:0;top:0;max-width:75%;max-height:100%;overflow:hidden;margin:0;padding:.25rem .5rem;list-style:none;font-size:.78rem;background:var(--panel);border:1px solid var(--rule);border-radius:6px;pointer-events:none}
.readings.left{right:auto;left:0}
.plot:not(:hover):not(:focus) .readings{display:none}
.readings li{display:flex;align-items:center;gap:.3rem;white-space:nowrap}.readings span{overflow:hidden;text-overflow:ellipsis}.readings b{margin-left:auto}
.readings .swatch,.arms .swatch,.compared .swatch{flex:none;width:.9rem;margin:0}
.compared{list-style:none;margin:0;padding:.3rem;max-height:26rem;overflow-y:auto;background:var(--panel);border:1px solid var(--rule);border-radius:10px}
.compared li{display:flex;gap:.7rem;align-items:baseline;padding:.45rem .65rem;min-width:0}
.compared li+li{border-top:1px solid var(--rule)}
.compared label{display:flex;gap:.5rem;align-items:center;cursor:pointer}
.compared input{accent-color:var(--line);margin:0;width:1.05rem;height:1.05rem}
.compared .about{min-width:0;overflow-wrap:anywhere}.compared .about .soft{font-size:.85rem}
.compared a{color:inherit;font-weight:650}
.tag{display:inline-block;font-size:.78rem;padding:0 .45rem;margin-left:.4rem;border-radius:99px;border:1px solid var(--rule);background:var(--sunk)}
.state.running{color:var(--good)}.state.failed,.state.stopped{color:var(--bad)}
.arms th span{overflow-wrap:anywhere}
.wide{overflow-x:auto}.wide td,.wide th{text-align:left;vertical-align:top}.wide td{max-width:22rem;white-space:normal;overflow-wrap:anywhere;min-width:6rem}.wide th:first-child{min-width:9rem}

.controls{display:flex;flex-wrap:wrap;align-items:center;gap:.6rem 1.4rem;margin:.8rem 0}
fieldset{border:0;padding:0;margin:0;min-width:0}
.choice,.step{display:flex;flex-wrap:wrap;align-items:center;gap:.3rem .6rem;font-size:.9rem}
.choice legend,.step span{float:left;padding:0;color:var(--soft)}
.segments{display:flex;border:1px solid var(--rule);border-radius:8px;background:var(--panel);padding:2px}
.segments label{position:relative;cursor:pointer}
.segments input{position:absolute;inset:0;opacity:0;margin:0;cursor:pointer}
.segments span{display:block;padding:.15rem .65rem;border-radius:6px;white-space:nowrap}
.segments :checked+span{background:var(--ink);color:var(--paper)}
.segments :focus-visible+span{outline:2px solid var(--line);outline-offset:2px}
select{font:inherit;color:inherit;background:var(--panel);border:1px solid var(--rule);border-radius:8px;padding:.25rem .5rem}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;font-size:.85rem;margin:0 0 .9rem}
.ramp{display:inline-block;width:3.2rem;height:.75rem;border-radius:3px;vertical-align:-1px;border:1px solid var(--rule);background:linear-gradient(90deg,transparent,rgb(var(--up-rgb)/var(--depth)))}
.ramp.hatched{background:repeating-linear-gradient(135deg,rgb(var(--down-rgb)/.75) 0 2px,transparent 2px 5px)}

.browser{display:grid;grid-template-columns:minmax(0,17rem) minmax(0,1fr);gap:1rem;align-items:start}
.groups{max-height:42rem;overflow-y:auto;overscroll-behavior:contain;border:1px solid var(--rule);border-radius:10px;background:var(--panel);padding:.3rem;position:sticky;top:1rem}
.item{padding:.45rem .65rem;border-radius:7px;cursor:pointer;scroll-margin:.4rem}
.item:hover{background:var(--sunk)}
.item[aria-selected=true]{background:var(--sunk);box-shadow:inset 3px 0 var(--line)}
.item:focus-visible{outline-offset:-2px}
.where{display:flex;justify-content:space-between;gap:.6rem;font-size:.82rem;color:var(--soft)}
.question{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.group{background:var(--panel);border:1px solid var(--rule);border-radius:10px;padding:1rem 1.15rem;min-width:0;box-shadow:var(--shadow)}
.pictures{display:flex;flex-wrap:wrap;gap:.8rem;margin:.9rem 0}
.pictures figure{margin:0;flex:0 1 10.5rem;min-width:5.5rem}
.pictures img{display:block;width:100%;height:auto;border-radius:6px;border:1px solid var(--rule)}
.pictures .drawing{image-rendering:pixelated}
.pictures figcaption{font-size:.82rem;color:var(--soft);margin-top:.25rem}
.turns{margin:.7rem 0;padding:.1rem 0 .1rem .8rem;border-left:3px solid var(--rule);font-size:.9rem}
.turns dt{font-size:.82rem}.turns dd{margin:0 0 .4rem;white-space:pre-wrap;overflow-wrap:anywhere}
.completions{list-style:none;margin:.4rem 0 0;padding:0}
.completions>li{padding:.7rem 0;border-top:1px solid var(--rule)}
.figures{display:flex;flex-wrap:wrap;gap:.1rem .9rem;font-size:.82rem;color:var(--soft);margin:0 0 .2rem}
.verdict,.times{font-weight:650}.times{color:var(--ink)}.right{color:var(--good)}.wrong{color:var(--bad)}
.tokens{font-size:.95rem;line-height:1.85;white-space:pre-wrap;overflow-wrap:anywhere}
.answer .tokens{font-size:1.1rem;background:var(--panel);border:1px solid var(--rule);border-radius:10px;padding:.9rem 1.1rem}
.token{--up:0;--down:0;border-radius:3px;padding:.14em 0;cursor:default;background:repeating-linear-gradient(135deg,rgb(var(--down-rgb)/calc(var(--down)*.75)) 0 2px,transparent 2px 5px),linear-gradient(rgb(var(--up-rgb)/calc(var(--up)*var(--depth))),rgb(var(--up-rgb)/calc(var(--up)*var(--depth))))}
.token:focus-visible{outline-offset:0;position:relative;z-index:1}
.sees{font-weight:700;text-decoration:underline 2px var(--sees);text-underline-offset:.28em;text-decoration-skip-ink:none}
.sample{font-family:ui-monospace,monospace;color:var(--ink)}
.tooltip{position:fixed;z-index:9;max-width:min(20rem,calc(100vw - 16px));padding:.5rem .7rem;border-radius:8px;background:var(--ink);color:var(--paper);font-size:.85rem;box-shadow:0 4px 16px rgb(0 0 0/.25);pointer-events:none}
.tooltip[hidden]{display:none}
.tooltip code{font-weight:650;overflow-wrap:anywhere}.tooltip em{font-style:normal;margin-left:.7rem;opacity:.85}
.tooltip dl{margin:.3rem 0 0;display:grid;gap:0 1rem;grid-template-columns:auto auto}
.tooltip div{display:contents}.tooltip dt{color:inherit;opacity:.8}.tooltip dd{margin:0;text-align:right}

@media(max-width:52rem){.browser{grid-template-columns:minmax(0,1fr)}.groups{max-height:13rem;position:relative;top:0}}
@media(max-width:36rem){
#page{padding:1.4rem 1rem 4rem}h1{font-size:1.4rem}
.headline{grid-template-columns:1fr 1fr}.tile b{font-size:1.35rem}
.accuracy,.accuracy tbody,.accuracy thead{display:block}
.accuracy tr{display:grid;grid-template-columns:minmax(0,1.3fr) 1fr 1fr .8fr;border-bottom:1px solid var(--rule);padding:.3rem 0}
.accuracy tr>*{border:0;padding:.15rem 0}
.accuracy tr>:last-child{grid-column:1/-1;width:auto}
.arms,.arms tbody,.arms thead{display:block}.arms thead{position:absolute;clip-path:inset(50%)}
.arms tr{display:block;border-bottom:1px solid var(--rule);padding:.35rem 0}.arms tr>*{display:block;border:0;padding:.1rem 0;text-align:left;white-space:normal}
.arms td[data-label]::before{content:attr(data-label) ": ";color:var(--soft)}
.phases td:last-child{width:34%}th,td{padding-right:.6rem}
.chart figcaption{font-size:.9rem}.smoothing input{width:7rem}
.pictures{gap:.5rem}.pictures figure{flex-basis:30%}.segments span{padding:.2rem .5rem}
}
@media print{.controls,.smoothing{display:none}}
`.replaceAll('\n', '');
