import { LabIcon } from '@jupyterlab/ui-components';

/** A gate with a tick in it; `jp-icon3` takes the theme's colour. */
export const gateIcon = new LabIcon({
  name: 'toolvet:gate',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
    <path class="jp-icon3" fill="#616161" d="M3 3h2.2v18H3zM18.800 3H21v18h-2.200zM5.200 5h13.600v2H5.200z"/>
    <path class="jp-icon3" fill="#616161" d="M10.700 17.300 7 13.600l1.500-1.500 2.200 2.200 4.900-4.900 1.500 1.500z"/>
  </svg>`
});
