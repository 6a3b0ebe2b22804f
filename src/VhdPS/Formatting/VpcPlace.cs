using System.Management.Automation;
using VhdPS.Engine.Format;

namespace VhdPS;

/// <summary>
/// Folder and name of a file, printable, for the views: an output may have come from another host, whose paths are of another system.
/// </summary>
public static class VpcPlace
{
    /// <summary>The folder, or the address of an NBD export; without a separator after it unless it is a root.</summary>
    public static string Folder(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (SourceArguments.IsRemote(path))
        {
            return PrintableText.Escape(path);
        }

        string folder = path[..NameStart(path)];
        bool isRoot = folder.Length <= 1 || folder.EndsWith(":\\", StringComparison.Ordinal);
        return PrintableText.Escape(isRoot ? folder : folder[..^1]);
    }

    /// <summary>The name of the file or the export; empty where there is no file.</summary>
    public static string Name(string? path) => path is null ? string.Empty : PrintableText.Escape(NameOf(path));

    /// <summary>The same as it is, which may not be printable.</summary>
    internal static string NameOf(string path) =>
        SourceArguments.IsRemote(path) ? SourceArguments.FileName(path) : path[NameStart(path)..];

    /// <summary>
    /// A place after the name of the host that the output came from. The column that PowerShell adds for it has room in few tables.
    /// </summary>
    public static string On(PSObject output, string place)
    {
        ArgumentNullException.ThrowIfNull(output);
        return PrintableText.Escape(
            output.Properties["PSShowComputerName"]?.Value is true ? $"{output.Properties["PSComputerName"]?.Value}: {place}" : place);
    }

    private static int NameStart(string path)
    {
        bool isWindows = path.StartsWith(@"\\", StringComparison.Ordinal) || (path.Length > 1 && path[1] == ':');
        return 1 + (isWindows ? path.AsSpan().LastIndexOfAny('\\', '/') : path.LastIndexOf('/'));
    }
}
