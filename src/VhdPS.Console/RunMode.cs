namespace VhdPS.Console;

/// <summary>What the command line asks the host to do.</summary>
internal enum RunMode
{
    Interactive,
    Command,
    File,
    StandardInput,
    Version,
    Help,
}
