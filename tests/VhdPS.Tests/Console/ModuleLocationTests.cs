using VhdPS.Console;

namespace VhdPS.Tests.Console;

public class ModuleLocationTests
{
    [Fact]
    public void A_packaged_module_goes_before_a_staged_one_and_without_either_there_is_none()
    {
        using var folder = new TempFolder();
        string bin = Directory.CreateDirectory(Path.Combine(folder.Root, "src", "bin")).FullName;
        File.WriteAllText(folder["VhdPS.sln"], "");
        Assert.Null(ModuleLocation.Find(bin));

        string staged = Manifest(Path.Combine(folder.Root, "out"));
        Assert.Equal(staged, ModuleLocation.Find(bin));

        string packaged = Manifest(bin);
        Assert.Equal(packaged, ModuleLocation.Find(bin));
    }

    private static string Manifest(string folder)
    {
        string manifest = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "VhdPS")).FullName, "VhdPS.psd1");
        File.WriteAllText(manifest, "@{}");
        return manifest;
    }
}
