import { createHash } from 'node:crypto';

/**
 * The whole look of the block page: deep green on warm paper, 7:1 for text (WCAG 1.4.6), dark by the reader's
 * setting, one column that fits a phone, and plain ink on paper. No red: here nobody is in danger.
 */
export const STYLE = `
:root{color-scheme:light dark;--paper:#faf6ee;--card:#fffdf8;--ink:#1f1d1a;--soft:#4f4a42;--line:#ddd4c4;--green:#14532d;--on-green:#fffdf8;--tint:#e9f0e6}
@media (prefers-color-scheme:dark){:root{--paper:#181a17;--card:#21241f;--ink:#f1ece1;--soft:#cbc4b6;--line:#42463d;--green:#9fdcb0;--on-green:#10200f;--tint:#263128}}
*{box-sizing:border-box}
html{font:1.125rem/1.6 "Atkinson Hyperlegible Next","Atkinson Hyperlegible",system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;background:var(--paper);color:var(--ink);-webkit-text-size-adjust:100%}
body{margin:0;border-top:.5rem solid var(--green)}
header,main,footer{max-width:42rem;margin:0 auto;padding:0 1.25rem}
header{display:flex;align-items:center;gap:.75rem;padding-top:1.5rem;font-weight:600;color:var(--green)}
header svg{flex:none;width:2rem;height:2rem;fill:currentColor}
h1{font-size:clamp(1.75rem,5vw,2.375rem);line-height:1.2;margin:2.25rem 0 .75rem;letter-spacing:-.01em;text-wrap:balance}
h2{font-size:1.25rem;line-height:1.3;margin:0 0 .5rem}
p{margin:0 0 1rem}
a{color:var(--green);text-underline-offset:.15em;text-decoration-thickness:.08em}
a:hover{text-decoration-thickness:.16em}
:focus-visible{outline:.2rem solid var(--green);outline-offset:.2rem;border-radius:.2rem}
.site{overflow-wrap:anywhere;font-weight:600}
.why{font-size:1.25rem;line-height:1.5}
.card{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:1.25rem 1.375rem;margin:1.5rem 0}
.card>:last-child{margin-bottom:0}
.care{background:var(--tint);border-color:var(--green)}
dl{display:grid;grid-template-columns:minmax(7rem,auto) 1fr;gap:.5rem 1.25rem;margin:1.75rem 0;padding:1.25rem 0;border:solid var(--line);border-width:1px 0}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
.action{display:inline-block;background:var(--green);color:var(--on-green);font-weight:600;padding:.625rem 1.25rem;border-radius:.375rem;text-decoration:none}
.action:hover{text-decoration:underline}
ul{list-style:none;margin:0;padding:0}
li{padding:.375rem 0}
li span{color:var(--soft)}
footer{padding-top:.5rem;padding-bottom:2.5rem;color:var(--soft);font-size:1rem}
@media (max-width:30rem){dl{grid-template-columns:1fr;gap:0}dd+dt{margin-top:.75rem}.action{display:block;text-align:center}}
@media print{:root{--paper:#fff;--card:#fff;--ink:#000;--soft:#333;--line:#999;--green:#000;--tint:#fff;--on-green:#000}body{border:0}.action{padding:0;background:none;text-decoration:underline}main a[href^=http]::after{content:" (" attr(href) ")";font-weight:400;overflow-wrap:anywhere}.card{break-inside:avoid}}
@media (forced-colors:active){.action,.card{border:1px solid}}
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** Nothing but this very style sheet: no script, no picture, no font, no form, nowhere to send anything. */
export const CONTENT_SECURITY_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'`;
