namespace VhdPS.Tests;

/// <summary>
/// A test of symbolic links: skipped on a Windows that makes none, be it that the user may not, be it Wine, which says that it
/// has made one.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinkFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> HasLinks = new(MakesLinks);

    public LinkFactAttribute() => Skip = HasLinks.Value ? null : "no symbolic links here";

    private static bool MakesLinks()
    {
        if (!OperatingSystem.IsWindows())
        {
            return true;
        }

        using var folder = new TempFolder();
        folder.Write("file", [1]);
        try
        {
            File.CreateSymbolicLink(folder["link"], folder["file"]);
            return File.Exists(folder["link"]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
