namespace VhdPS.Tests;

/// <summary>A test of names that differ in case only: skipped where the temporary folder's file system takes them for one.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CaseSensitiveFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> IsCaseSensitive = new(() =>
    {
        using var folder = new TempFolder();
        folder.Write("name", [1]);
        return !File.Exists(folder["NAME"]);
    });

    public CaseSensitiveFactAttribute() => Skip = IsCaseSensitive.Value ? null : "names differ in more than case here";
}
