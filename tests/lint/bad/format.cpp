// Kept wrong: the layout test must find it.
int  badly_laid_out( int a ){return a ;}
